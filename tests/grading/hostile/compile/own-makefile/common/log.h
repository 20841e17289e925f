#pragma once
#define EVIL 1
#include "/etc/passwd"
