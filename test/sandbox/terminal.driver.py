# A terminal with a person at it: `terminal.driver.py STEPS COMMAND...`, STEPS as JSON, in order:
#   ["send", TEXT]  ["wait", TEXT]  ["size", ROWS, COLUMNS]  ["sleep", SECONDS]  ["hangup"]
# Prints as JSON how it ended and what was shown; the text that never came, if one did not.
import fcntl, json, os, pty, select, struct, sys, termios, time

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown = ''
seen = 0
missed = None


def read(seconds):
    global shown
    if select.select([terminal], [], [], seconds)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return False
        shown += data.decode('utf8', 'replace')
        return len(data) > 0
    return True


for what, *values in steps:
    if what == 'send':
        os.write(terminal, values[0].encode())
    elif what == 'size':
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', *values, 0, 0))
    elif what == 'hangup':
        os.close(terminal)
        terminal = os.open('/dev/null', os.O_RDONLY)
    elif what == 'sleep':
        until = time.time() + values[0]
        while time.time() < until:
            read(0.05)
    else:
        until = time.time() + 15
        while values[0] not in shown[seen:] and time.time() < until and read(0.1):
            pass
        at = shown.find(values[0], seen)
        if at < 0:
            missed = values[0]
            break
        seen = at + len(values[0])
until = time.time() + (0.2 if missed else 10)
code = None
while time.time() < until:
    read(0.05)
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        code = os.waitstatus_to_exitcode(status)
        break
if code is None:
    os.kill(pid, 9)
print(json.dumps({'code': code, 'missed': missed, 'shown': shown[-4000:]}))
