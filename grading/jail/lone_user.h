// Tier C: no namespaces, hence users to keep strangers apart. For root.
#pragma once

#include <sys/types.h>

namespace grading {

// A user for one run of a test, when there is nothing but users to keep strangers apart.
uid_t next_lone_user();
// Ends all that this user runs, and removes its files from where everybody may write.
void sweep_after(uid_t user);

} // namespace grading
