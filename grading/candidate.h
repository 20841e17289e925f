// The server that is to be tested: compiled, and put where a jail finds it.
#pragma once

#include "grading/interrupt.h"
#include "grading/jail/jail.h"
#include "grading/jail/tier.h"
#include "grading/record.h"
#include "grading/rubric.h"
#include "grading/session.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace grading {

struct Candidate {
    std::string server;      // the command that starts it, within its jail if there is one
    std::string tsan_server; // the same server with ThreadSanitizer in it; empty: there is none …
    std::string no_tsan;     // … because of this; empty: its lab does not want one
    std::string hidden_code; // what of it the sanitizer is kept from seeing; empty: nothing
    std::vector<ServerJail::Program> admitted; // to the jail
};

// All borrowed.
struct CandidateRequest {
    const Request& request;
    const Rubric& rubric;
    Tier tier;
    const std::filesystem::path& scratch;
    std::function<void(const std::string&)> say; // what is being done
};

// Nothing when there is no server to test: the record then says why. It is told the compiler's
// words and the hashes in any case. Throws Interrupted, and std::runtime_error when it is our
// fault.
std::optional<Candidate> prepare_candidate(const CandidateRequest& what, Record& record,
                                           Interrupt& interrupt);

} // namespace grading
