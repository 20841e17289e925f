// Tries: errors in lines that #line says are of /etc/passwd: the compiler quotes them
// Tiers: AB
// Verdict: did_not_compile
// Never: root:x
// Quick: yes
#line 1 "/etc/passwd"
int here = no_such_name;
#line 1 "@SECRET_FILE@"
int there = no_such_name;
