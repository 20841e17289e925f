#include "common/command_line.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <sstream>
#include <vector>

#include <CLI/CLI.hpp>

namespace lab {

namespace {

constexpr int usage_error = 2;
constexpr double longest_time = 86'400; // a day, in seconds
constexpr std::size_t help_column = 28;

// The whole text as a number from least to most, or nothing; NaN is in no range.
template <typename Number>
std::optional<Number> number_in(const std::string& text, Number least, Number most)
{
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool good = error == std::errc() && stop == end && value >= least && value <= most;
    return good ? std::optional(value) : std::nullopt;
}

std::string shown(double number)
{
    std::ostringstream text;
    text << number; // 10 and 0.5, where std::to_string says 10.000000
    return text.str();
}

// The words as CLI11 wants them, last one first. "--host=" becomes two: CLI11 would take the next
// word for its value, where an empty one is meant.
std::vector<std::string> words_reversed(int argc, const char* const* argv)
{
    std::vector<std::string> words;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word.starts_with("--") && word.find('=') == word.size() - 1) {
            words.push_back(word.substr(0, word.size() - 1));
            words.emplace_back();
        } else {
            words.push_back(word);
        }
    }
    return {words.rbegin(), words.rend()};
}

} // namespace

void add_number(CLI::App& app, const std::string& name, int least, int most,
                const std::function<void(int)>& take, const std::string& help)
{
    const auto parse = [=](const std::string& text) {
        const auto value = number_in(text, least, most);
        if (!value) {
            throw CLI::ValidationError(name, "'" + text + "' is not a whole number from " +
                                                 std::to_string(least) + " to " +
                                                 std::to_string(most));
        }
        take(*value);
    };
    app.add_option_function<std::string>(name, parse, help)->type_name("N");
}

void add_time(CLI::App& app, const std::string& name, Seconds& time, const std::string& help)
{
    const auto parse = [name, &time](const std::string& text) {
        const auto value = number_in(text, 0.0, longest_time);
        if (!value) {
            throw CLI::ValidationError(name, "'" + text + "' is not a time from 0 to " +
                                                 shown(longest_time) + " seconds");
        }
        time = Seconds(*value);
    };
    app.add_option_function<std::string>(name, parse,
                                         help + " (default " + shown(time.count()) + ")")
        ->type_name("SECONDS");
}

void add_server(CLI::App& app, std::string& host, std::uint16_t& port)
{
    app.add_option("HOST", host, "name or address of the server")->required()->option_text(" ");
    add_number(
        app, "-p,--port", 1, 65'535, [&port](int n) { port = static_cast<std::uint16_t>(n); },
        "port of the server (default " + std::to_string(port) + ")");
}

void parse_or_exit(CLI::App& app, int argc, const char* const* argv)
{
    app.name(std::filesystem::path(argv[0]).filename());
    app.set_help_flag("-h,--help", "show this and exit");
    app.get_formatter()->column_width(help_column);
    app.get_formatter()->label("Positionals", "Arguments");
    for (CLI::Option* const flag : app.get_options(std::mem_fn(&CLI::Option::nonpositional))) {
        flag->take_last();
    }
    try {
        app.parse(words_reversed(argc, argv));
    } catch (const CLI::Success& asked_for_help) {
        std::exit(app.exit(asked_for_help));
    } catch (const CLI::ParseError& error) {
        std::cerr << error.what() << "\n\n" << app.help();
        std::exit(usage_error);
    }
}

} // namespace lab
