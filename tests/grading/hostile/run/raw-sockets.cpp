// Tries: sockets that see or forge packets
#include "tests/grading/hostile/prelude.h"

// vsock leads from a virtual machine to its host.
void attack(int /*argc*/, char** /*argv*/)
{
    tried("a raw socket", ::socket(AF_INET, SOCK_RAW, IPPROTO_TCP));
    tried("a packet socket", ::socket(AF_PACKET, SOCK_RAW, 0));
    tried("vsock to the host", ::socket(40, SOCK_STREAM, 0));
}
