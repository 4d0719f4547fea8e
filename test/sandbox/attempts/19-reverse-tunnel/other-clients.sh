# autossh, dropbear, frp, chisel, wstunnel, rathole as programs.
#: skip none of them is on this machine; their first bytes and command lines are tested with the detections
true
