// Tries: to have the compiler print /etc/passwd, /etc/shadow and a secret
// Tiers: AB
// Verdict: did_not_compile
// Says: No such file|Permission denied
// Never: root:
// Quick: yes
#include "/etc/passwd"
#include "/etc/shadow"
#include "/proc/1/environ"
#include "/proc/self/environ"
#include "@SECRET_FILE@"
