// Tries: to read the tests, the solution and the rubric
// Quick: yes
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    steal(root + "/solutions/01-iterative/server.cpp");
    steal(root + "/grading/rubrics/01-iterative.yaml");
    steal(root + "/tests/specimens/01-iterative/chaffs/no-htons.patch");
    tried("run the tests' driver",
          ::open((root + "/build/debug/tests/01-iterative_test").c_str(), O_RDONLY));
    steal(secret_file);
    for (const char* const name : {"/etc/shadow", "/root/.bashrc", "/etc/gshadow"}) {
        tried(std::string("open ") + name, ::open(name, O_RDONLY));
    }
}
