# A label that is too long, under an allowed wildcard.
#: refuse bad-name xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.wild.allowed.example:80
#: says denied
import os, socket
def ask(name, port):
    s = socket.create_connection(('198.19.255.1', 1080), 20)
    s.sendall(b'\x05\x01\x00')
    s.recv(2)
    s.sendall(b'\x05\x01\x00\x03' + bytes([len(name)]) + name + port.to_bytes(2, 'big'))
    answer = s.recv(10)
    print('granted' if answer[1:2] == b'\x00' else 'denied')
ask(b'x' * 80 + b'.wild.allowed.example', 80)
