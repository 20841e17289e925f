// Tries: to have the assembler include /etc/passwd and complain of each line
// Tiers: AB
// Verdict: did_not_compile
// Says: (No such file|can't open|cannot open)
// Never: nologin|root:
asm(".include \"/etc/passwd\"");
asm(".include \"@SECRET_FILE@\"");
