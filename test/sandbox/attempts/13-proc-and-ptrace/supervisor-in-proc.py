# Only processes of the sandbox are there to be looked into; none of them is its supervisor or the gateway.
#: local
#: says ^none$
import os
found = []
for pid in filter(str.isdigit, os.listdir('/proc')):
    try: command = open(f'/proc/{pid}/cmdline').read().replace('\0', ' ')
    except OSError: continue
    if 'vitest' in command or 'run-attempts' in command or 'journal.jsonl' in command: found.append(command)
print(found or 'none')
