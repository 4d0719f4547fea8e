# allowed scan
#: in quiet
#: skip findings of scans are silenced by policy (findings: probing.scan: record); tested with the policy
true
