#include "common/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace lab {

namespace {

spdlog::logger& logger()
{
    static const auto instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "server", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
        made->set_pattern("%H:%M:%S.%e %P %^%l%$ %v");
        return made;
    }();
    return *instance;
}

// Made at the start of the program, not at the first line: else every forked child would make one.
const spdlog::logger& made_early = logger();

void write(spdlog::level::level_enum level, std::string_view text)
{
    if (made_early.should_log(level)) { // inline: a line that is not shown costs next to nothing
        logger().log(level, text);
    }
}

} // namespace

void log_debug(std::string_view text)
{
    write(spdlog::level::debug, text);
}
void log_info(std::string_view text)
{
    write(spdlog::level::info, text);
}
void log_warning(std::string_view text)
{
    write(spdlog::level::warn, text);
}
void log_error(std::string_view text)
{
    write(spdlog::level::err, text);
}

bool logs_debug()
{
    return logger().should_log(spdlog::level::debug);
}

bool logs_info()
{
    return made_early.should_log(spdlog::level::info);
}

bool set_log_level(const std::string& name)
{
    const auto level = spdlog::level::from_str(name);
    if (level == spdlog::level::off && name != "off") {
        return false; // from_str says "off" for what it does not know
    }
    logger().set_level(level);
    return true;
}

} // namespace lab
