# Looks for the recording by every name that it could have.
#: local
#: says ^none$
found=$(find / -xdev \( -name journal.jsonl -o -name control.sock -o -name run.json \) 2>/dev/null | head -3)
ls ../recording-* > /dev/null 2>&1 && found=above
echo ${found:-none}
