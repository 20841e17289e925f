// Tries: to overwrite, replace or remove its own program
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** argv)
{
    const std::string program = argv[0];
    tried("open " + program, ::open(program.c_str(), O_WRONLY));
    tried("open /proc/self/exe", ::open("/proc/self/exe", O_WRONLY));
    tried("chmod", ::chmod(program.c_str(), 0777));
    tried("unlink", ::unlink(program.c_str()));
    tried("rename", ::rename(program.c_str(), (program + ".old").c_str()));
    tried("a file beside it", ::open((program + ".new").c_str(), O_WRONLY | O_CREAT, 0700));
    tried("mount over it", ::mount("/tmp", program.c_str(), "", MS_BIND, nullptr));
}
