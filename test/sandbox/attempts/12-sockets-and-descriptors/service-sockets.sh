# Sockets through which others would act for it.
#: local
#: says ^none$
found=none
for path in /var/run/docker.sock /run/docker.sock /run/containerd/containerd.sock /run/podman/podman.sock /run/dbus/system_bus_socket /run/user/*/bus /tmp/.X11-unix/X* "$SSH_AUTH_SOCK" /run/systemd/private /run/snapd.socket; do
  [ -n "$path" ] && [ -S "$path" ] && found="$path"
done
echo $found
