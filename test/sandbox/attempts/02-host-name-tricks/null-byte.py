# A null byte ends the name for C, but not for a check of its end.
#: refuse bad-name $ID.denied.example\x00.web.allowed.example:80
#: says denied
import os, socket
def ask(name, port):
    s = socket.create_connection(('198.19.255.1', 1080), 20)
    s.sendall(b'\x05\x01\x00')
    s.recv(2)
    s.sendall(b'\x05\x01\x00\x03' + bytes([len(name)]) + name + port.to_bytes(2, 'big'))
    answer = s.recv(10)
    print('granted' if answer[1:2] == b'\x00' else 'denied')
ask(os.environ['ID'].encode() + b'.denied.example\x00.web.allowed.example', 80)
