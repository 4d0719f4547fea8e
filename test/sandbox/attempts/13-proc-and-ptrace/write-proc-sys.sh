# Settings of the kernel.
#: local
#: not wrote
for file in /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/vm/drop_caches /proc/sys/net/ipv4/ping_group_range; do
  (echo 1 > $file) 2>/dev/null && echo wrote $file
done
echo done
