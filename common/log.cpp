#include "common/log.h"

#include <array>
#include <string>

#include <pthread.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace lab {

namespace {

// Who speaks: the process, and the thread with its name unless it is the first one of its process.
// The logger's own idea of a thread's id is remembered from before a fork.
class Speaker : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& /*line*/, const std::tm& /*time*/,
                spdlog::memory_buf_t& out) override
    {
        std::string who = std::to_string(::getpid());
        if (::gettid() != ::getpid()) {
            std::array<char, 16> name{};
            ::pthread_getname_np(::pthread_self(), name.data(), name.size());
            who.append(" ").append(name.data()).append(" ").append(std::to_string(::gettid()));
        }
        out.append(who.data(), who.data() + who.size());
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override
    {
        return std::make_unique<Speaker>();
    }
};

std::unique_ptr<spdlog::formatter> line_format()
{
    auto format = std::make_unique<spdlog::pattern_formatter>();
    format->add_flag<Speaker>('*').set_pattern("%H:%M:%S.%e %* %^%l%$ %v");
    return format;
}

spdlog::logger& logger()
{
    static const auto instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "server", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
        made->set_formatter(line_format());
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
