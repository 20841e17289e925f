// Errors that say what was attempted.
#pragma once

#include <concepts>
#include <functional>
#include <string_view>

namespace lab {

// Throws std::system_error("ATTEMPT: reason", errno).
[[noreturn]] void fail(std::string_view attempt);

// Passes a system call's result through, or throws when it is -1. For failures that nobody expects;
// the expected ones (EINTR, EAGAIN, end of file …) are handled beside the call.
template <std::signed_integral Result> Result check(Result result, std::string_view attempt)
{
    if (result == -1) {
        fail(attempt);
    }
    return result;
}

// Runs a whole program: 0 when the body returns; when it throws, the error as one line on stderr
// and 1.
int exit_status_of(const std::function<void()>& body);

// Stands where a step of a lab is still to be written: says which and where, and ends the program
// with status 70 (EX_SOFTWARE of sysexits.h).
[[noreturn]] void todo(int step, const char* file = __builtin_FILE(), int line = __builtin_LINE());

} // namespace lab
