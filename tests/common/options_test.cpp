#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

using namespace lab;

namespace {

using testing::ExitedWithCode;
using Words = std::vector<std::string>;

struct Parsed {
    Options options;
    int max_children = 40;
};

Parsed parse(Words words)
{
    words.insert(words.begin(), "some/where/server");
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    Parsed parsed;
    parsed.options.idle_timeout = Seconds(10);
    Flags("A server.", parsed.options)
        .add("--max-children", parsed.max_children, 1, "how many at once")
        .parse(static_cast<int>(argv.size()), argv.data());
    return parsed;
}

std::string complaint(const std::string& kind, const std::string& value)
{
    return ": '" + value + "' is " + kind;
}

// NOLINTNEXTLINE(readability-function-size): the size is that of the macro
void expect_refused(const Words& words, const std::string& reason)
{
    EXPECT_EXIT(parse(words), ExitedWithCode(2), "^" + reason + "\n\nA server.\nUsage: server ")
        << testing::PrintToString(words);
}

} // namespace

TEST(Options, HaveDefaults)
{
    const auto [options, max_children] = parse({});
    EXPECT_EQ(options.host, "127.0.0.1");
    EXPECT_EQ(options.port, std::nullopt);
    EXPECT_EQ(options.backlog, largest_backlog());
    EXPECT_EQ(options.service, Service::zen);
    EXPECT_EQ(options.think_time, Seconds(0));
    EXPECT_EQ(options.idle_timeout, Seconds(10));
    EXPECT_EQ(max_children, 40);
}

TEST(Options, TakeEveryFlag)
{
    const auto [options, max_children] =
        parse({"--host", "::1", "--port", "1061", "--backlog", "5", "--service", "echo",
               "--think-time", "0.5", "--idle-timeout", "60", "--max-children", "3"});
    EXPECT_EQ(options.host, "::1");
    EXPECT_EQ(options.port, 1061);
    EXPECT_EQ(options.backlog, 5);
    EXPECT_EQ(options.service, Service::echo);
    EXPECT_EQ(options.think_time, Seconds(0.5));
    EXPECT_EQ(options.idle_timeout, Seconds(60));
    EXPECT_EQ(max_children, 3);
}

TEST(Options, TakeEveryFlagWithAnEqualsSign)
{
    const Options options =
        parse({"--host=localhost", "--port=0", "--service=hello", "--think-time=.25"}).options;
    EXPECT_EQ(options.host, "localhost");
    EXPECT_EQ(options.port, 0);
    EXPECT_EQ(options.service, Service::hello);
    EXPECT_EQ(options.think_time, Seconds(0.25));
}

TEST(Options, TakeAnEmptyHostAsAllInterfaces)
{
    for (const Words& words : {Words{"--host", ""}, Words{"--host="}}) {
        EXPECT_EQ(parse(words).options.host, "");
    }
    const Options options = parse({"--host=", "--port", "7"}).options;
    EXPECT_EQ(to_string(resolve(options.host, options.port_or_default())), "0.0.0.0:7");
}

TEST(Options, TakeNumbersUpToTheirBounds)
{
    EXPECT_EQ(parse({"--port", "65535"}).options.port, 65'535);
    EXPECT_EQ(parse({"--port", "010"}).options.port, 10);
    EXPECT_EQ(parse({"--backlog", "0"}).options.backlog, 0);
    EXPECT_EQ(parse({"--idle-timeout", "0"}).options.idle_timeout, Seconds(0));
    EXPECT_EQ(parse({"--think-time", "86400"}).options.think_time, Seconds(86'400));
    EXPECT_EQ(parse({"--max-children", "1"}).max_children, 1);
}

TEST(Options, TakeTheLastOfSeveral)
{
    EXPECT_EQ(parse({"--port", "1", "--host=a", "--port=2", "--host="}).options.port, 2);
    EXPECT_EQ(parse({"--host=a", "--host="}).options.host, "");
}

TEST(Options, KnowThePortOfEachService)
{
    EXPECT_EQ(parse({"--service", "zen"}).options.port_or_default(), 1060);
    EXPECT_EQ(parse({"--service", "echo"}).options.port_or_default(), 8800);
    EXPECT_EQ(parse({"--service", "hello"}).options.port_or_default(), 8888);
    EXPECT_EQ(parse({"--service", "hello", "--port", "0"}).options.port_or_default(), 0);
}

TEST(Options, SetTheLogLevel)
{
    parse({"--log-level", "debug"});
    EXPECT_TRUE(logs_debug());
    parse({"--log-level=info"});
    EXPECT_FALSE(logs_debug());
}

TEST(OptionsDeathTest, RefuseAWrongPort)
{
    for (const std::string wrong : {"-1", "65536", "abc", "", "80x", "0x50", "true", "1e3", " 80",
                                    "8 0", "99999999999999999999"}) {
        expect_refused({"--port", wrong},
                       "--port: '" + wrong + "' is not a whole number from 0 to 65535");
    }
    expect_refused({"--port="}, "--port: '' is not a whole number from 0 to 65535");
}

TEST(OptionsDeathTest, RefuseAWrongTime)
{
    for (const std::string flag : {"--think-time", "--idle-timeout"}) {
        for (const std::string wrong :
             {"-0.5", "nan", "-nan", "inf", "-inf", "1e9", "soon", "", "1s", "0x1", "1,5"}) {
            expect_refused({flag, wrong},
                           flag + complaint("not a time from 0 to 86400 seconds", wrong));
        }
    }
}

TEST(OptionsDeathTest, RefuseAWrongCount)
{
    expect_refused({"--backlog", "-1"}, "--backlog: '-1' is not a whole number from 0 to 1000000");
    expect_refused({"--backlog", "many"}, "--backlog: 'many' is not a whole .*");
    expect_refused({"--max-children", "0"},
                   "--max-children: '0' is not a whole number from 1 to 1000000");
}

TEST(OptionsDeathTest, RefuseAWrongName)
{
    for (const std::string wrong : {"smtp", "Zen", "", "1"}) {
        expect_refused({"--service", wrong},
                       "--service: '" + wrong + "' is none of zen, echo, hello");
    }
    expect_refused({"--log-level", "loud"},
                   "--log-level: 'loud' is none of trace, debug, info, warning, error, "
                   "critical, off");
}

TEST(OptionsDeathTest, RefuseWhatNobodyAskedFor)
{
    expect_refused({"--bogus"}, "The following argument was not expected: --bogus");
    expect_refused({"-x"}, "The following argument was not expected: -x");
    expect_refused({"1060"}, "The following argument was not expected: 1060");
    expect_refused({"--", "localhost"}, "The following arguments were not expected: localhost --");
}

TEST(OptionsDeathTest, RefuseAFlagWithoutItsValue)
{
    for (const std::string flag : {"--host", "--port", "--service", "--think-time",
                                   "--idle-timeout", "--backlog", "--log-level"}) {
        expect_refused({flag}, flag + ": 1 required [^ ]+ missing");
    }
}

TEST(OptionsDeathTest, RefuseOnStderrAlone)
{
    EXPECT_EXIT((::dup2(STDERR_FILENO, STDOUT_FILENO), ::close(STDERR_FILENO), parse({"--bogus"})),
                ExitedWithCode(2), "^$");
}

TEST(OptionsDeathTest, HelpOnStdoutEndsWithStatus0)
{
    for (const std::string flag : {"--help", "-h"}) {
        EXPECT_EXIT((::dup2(STDERR_FILENO, STDOUT_FILENO), parse({flag})), ExitedWithCode(0),
                    "^A server.\nUsage: server .OPTIONS.\n");
        EXPECT_EXIT((::close(STDOUT_FILENO), parse({flag})), ExitedWithCode(0), "^$");
    }
}

TEST(OptionsDeathTest, HelpShowsKindsAndDefaults)
{
    for (const std::string part :
         {"--host ADDRESS .*default 127.0.0.1", "--port N .*zen 1060, echo 8800, hello 8888",
          "--service zen.echo.hello .*default zen", "--think-time SECONDS .*default 0",
          "--idle-timeout SECONDS .*default 10", "--backlog N .*default: the system's most",
          "--log-level LEVEL .*default info", "--max-children N .*default 40"}) {
        EXPECT_EXIT((::dup2(STDERR_FILENO, STDOUT_FILENO), parse({"--help"})), ExitedWithCode(0),
                    part);
    }
}

TEST(OptionsDeathTest, AHostThatDoesNotResolveEndsTheProgramWithStatus1)
{
    const auto program = [] {
        const Options options = parse({"--host", "no..such"}).options;
        resolve(options.host, options.port_or_default());
    };
    EXPECT_EXIT(std::exit(exit_status_of(program)), ExitedWithCode(1), "^host 'no..such': ");
}

TEST(Options, BacklogIsAtLeastWhatPosixPromises)
{
    EXPECT_GE(largest_backlog(), 1);
}
