# A virtual machine with sockets of its own.
#: needs java
#: refuse not-listed $ID.denied.example:80
mkdir -p /tmp/java && cd /tmp/java
cat > Dial.java <<'END'
public class Dial { public static void main(String[] a) throws Exception {
  try { new java.net.Socket(System.getenv("ID") + ".denied.example", 80); } catch (java.io.IOException e) { System.out.println(e); } } }
END
java -Xint -XX:TieredStopAtLevel=1 Dial.java
