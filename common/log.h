// Log lines on stderr, by spdlog, which only log.cpp knows: its header would cost every student's
// compilation two seconds.
//
// Synchronous on purpose: a line is out before the next statement runs, and no thread of the
// logger's is lost in fork().
#pragma once

#include <string>
#include <string_view>

namespace lab {

void log_debug(std::string_view text);
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

// Is anything of this level shown? For lines that are costly to make.
bool logs_debug();
bool logs_info();

// One of spdlog's names: trace debug info warning error critical off. False for any other.
bool set_log_level(const std::string& name);

} // namespace lab
