# Times are evidence.
#: local
#: says ^PermissionError
import time
try:
    time.clock_settime(time.CLOCK_REALTIME, 0)
    print('set')
except OSError as error: print(type(error).__name__)
