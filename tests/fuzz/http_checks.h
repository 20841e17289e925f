// What must hold for any bytes at all that a web client may send. Used by the fuzzer, and by a unit
// test that feeds it the corpus.
#pragma once

#include <string>
#include <string_view>

namespace lab::http {

// What does not hold, in a few words; "" if all is well.
std::string complaint_about(std::string_view bytes);

} // namespace lab::http
