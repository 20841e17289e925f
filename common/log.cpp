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

} // namespace

void log_debug(std::string_view text)
{
    logger().log(spdlog::level::debug, text);
}
void log_info(std::string_view text)
{
    logger().log(spdlog::level::info, text);
}
void log_warning(std::string_view text)
{
    logger().log(spdlog::level::warn, text);
}
void log_error(std::string_view text)
{
    logger().log(spdlog::level::err, text);
}

bool logs_debug()
{
    return logger().should_log(spdlog::level::debug);
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
