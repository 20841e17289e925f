#include "common/http/dialogue.h"
#include "common/log.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace lab::http;
namespace fs = std::filesystem;

namespace {

class HttpSite : public testing::Test {
protected:
    void SetUp() override
    {
        lab::set_log_level("off");
        std::string pattern = fs::temp_directory_path() / "http_site_XXXXXX";
        outside_ = ::mkdtemp(pattern.data());
        root_ = outside_ / "root";
        fs::create_directories(root_ / "sub");
        write(outside_ / "secret.txt", "secret");
        fs::create_directories(outside_ / "root2");
        write(outside_ / "root2" / "secret.txt", "secret");
        write(root_ / "a.txt", "hello");
        write(root_ / "sub" / "<b>&.txt", "");
        fs::create_symlink("../secret.txt", root_ / "out");
        fs::create_symlink("..", root_ / "up");
        fs::create_symlink("../root2", root_ / "beside");
        fs::create_symlink("a.txt", root_ / "in");
        ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
    }
    void TearDown() override { fs::remove_all(outside_); }

    static void write(const fs::path& path, const std::string& text)
    {
        std::ofstream(path) << text;
    }

    // The reply to a GET of `target`, with these fields, each of which ends in CRLF.
    std::string get(const std::string& target, const std::string& fields = "",
                    const std::string& method = "GET")
    {
        Dialogue dialogue(site(), "");
        replies_ = {};
        dialogue.take(method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n",
                      replies_);
        return replies_.text;
    }

    std::string status_of(const std::string& target, const std::string& fields = "")
    {
        return get(target, fields).substr(9, 3);
    }

    const Site& site()
    {
        if (!site_) {
            site_.emplace(root_.string());
        }
        return *site_;
    }

    fs::path outside_;
    fs::path root_;
    std::optional<Site> site_;
    Replies replies_;
};

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_F(HttpSite, GivesAFileAndItsParts)
{
    EXPECT_EQ(status_of("/a.txt"), "200");
    EXPECT_EQ(replies_.file.left, 5U);
    EXPECT_TRUE(contains(replies_.text, "Content-Length: 5\r\n"));
    EXPECT_TRUE(contains(replies_.text, "Content-Type: text/plain"));
    EXPECT_EQ(status_of("/a.txt", "Range: bytes=1-2\r\n"), "206");
    EXPECT_TRUE(contains(replies_.text, "Content-Range: bytes 1-2/5\r\n"));
    EXPECT_EQ(replies_.file.next, 1);
    EXPECT_EQ(replies_.file.left, 2U);
    EXPECT_EQ(status_of("/a.txt", "Range: bytes=9-\r\n"), "416");
    EXPECT_TRUE(contains(replies_.text, "Content-Range: bytes */5\r\n"));
    EXPECT_EQ(status_of("/a.txt", "Range: bytes=1-2\r\nIf-Range: \"x\"\r\n"), "200");
    get("/a.txt", "", "HEAD");
    EXPECT_TRUE(contains(replies_.text, "Content-Length: 5\r\n"));
    EXPECT_EQ(replies_.file.left, 0U);
}

TEST_F(HttpSite, KnowsWhatHasNotChanged)
{
    const std::string reply = get("/a.txt");
    const std::size_t date = reply.find("Last-Modified: ") + 15;
    const std::string modified = reply.substr(date, 29);
    EXPECT_EQ(status_of("/a.txt", "If-Modified-Since: " + modified + "\r\n"), "304");
    EXPECT_FALSE(contains(replies_.text, "Content-Length"));
    EXPECT_EQ(status_of("/a.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), "200");
    EXPECT_EQ(status_of("/a.txt", "If-Modified-Since: yesterday\r\n"), "200");
}

TEST_F(HttpSite, ListsAndRedirects)
{
    EXPECT_TRUE(contains(get("/sub/"), "<a href=\"./%3Cb%3E%26.txt\">&lt;b&gt;&amp;.txt</a>"));
    EXPECT_EQ(status_of("/sub"), "301");
    EXPECT_TRUE(contains(get("/sub?q=1"), "Location: /sub/?q=1\r\n"));
    EXPECT_TRUE(contains(get("//sub"), "Location: /sub/\r\n")); // "//sub/" would be another host
    write(root_ / "sub" / "index.html", "<p>");
    EXPECT_TRUE(contains(get("/sub/"), "Content-Type: text/html"));
    EXPECT_EQ(replies_.file.left, 3U);
    EXPECT_EQ(status_of("http://a/sub/"), "200");
}

TEST_F(HttpSite, SaysSoWhenDescriptorsRunOut)
{
    write(root_ / "sub" / "index.html", "<p>");
    const Site& opened = site();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next = ::dup(0);
    ::close(next);
    const auto status_with = [&](const std::string& target, int left) {
        const rlimit few{static_cast<rlim_t>(next + left), before.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &few);
        std::string status = status_of(target);
        ::setrlimit(RLIMIT_NOFILE, &before);
        return status;
    };
    ASSERT_EQ(&opened, &site());
    EXPECT_EQ(status_with("/a.txt", 0), "503");
    EXPECT_EQ(status_with("/", 1), "503");     // not even the list
    EXPECT_EQ(status_with("/sub/", 1), "503"); // no list instead of the index
    EXPECT_EQ(status_with("/sub/", 2), "200");
    EXPECT_EQ(replies_.file.left, 3U);
    EXPECT_EQ(status_with("/", 2), "200");
}

TEST_F(HttpSite, NeverLeavesItsRoot)
{
    for (const std::string target :
         {"/..", "/../secret.txt", "/%2e%2e/secret.txt", "/sub/../../secret.txt", "/out",
          "/up/secret.txt", "/beside/secret.txt", "/..%2fsecret.txt", "//etc/passwd", "/a.txt/",
          "/pipe", "/x"}) {
        EXPECT_EQ(status_of(target), "404") << target;
    }
    for (const std::string target : {"/a.txt%00.png", "/%", "/%zz", "*", "a.txt"}) {
        EXPECT_EQ(status_of(target), "400") << target;
    }
    for (const std::string target : {"/in", "/sub/../a.txt", "/./a.txt"}) {
        EXPECT_EQ(status_of(target), "200") << target;
    }
}

TEST_F(HttpSite, NeverLeavesItsRootWithoutOpenat2)
{
    const Root root(root_.string());
    for (const std::string path :
         {"..", "../secret.txt", "out", "up", "beside/secret.txt", "/etc/passwd"}) {
        EXPECT_FALSE(root.open_and_look(path)) << path;
        EXPECT_EQ(errno, EXDEV) << path;
    }
    for (const std::string path : {"in", "sub/../a.txt", ".", "sub"}) {
        EXPECT_TRUE(root.open_and_look(path)) << path;
    }
}

TEST_F(HttpSite, SaysWhatItDoesNotDo)
{
    EXPECT_TRUE(contains(get("/", "", "DELETE"), "405 Method Not Allowed\r\n"));
    EXPECT_TRUE(contains(replies_.text, "Allow: GET, HEAD\r\n"));
    EXPECT_TRUE(contains(get("/", "", "BREW"), "501 Not Implemented\r\n"));
}

TEST(HttpDialogue, GreetsWithoutARoot)
{
    const Site site("");
    Dialogue dialogue(site, "");
    Replies replies;
    dialogue.take("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", replies);
    EXPECT_TRUE(replies.text.ends_with("\r\n\r\nHello from Epoll Server!"));
    EXPECT_TRUE(contains(replies.text, "Connection: keep-alive\r\n"));
    EXPECT_EQ(dialogue.then(), Then::listen);
}

TEST(HttpDialogue, StopsAtTheHighWaterAndGoesOn)
{
    const Site site("");
    Dialogue dialogue(site, "");
    std::string requests;
    for (int i = 0; i < 5'000; ++i) {
        requests += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    Replies replies;
    std::size_t greetings = 0;
    dialogue.take(requests, replies);
    EXPECT_TRUE(dialogue.unfinished());
    for (;;) {
        EXPECT_LT(replies.text.size(), Dialogue::high_water + 1'000);
        for (auto at = replies.text.find('!'); at != std::string::npos;
             at = replies.text.find('!', at + 1)) {
            ++greetings;
        }
        replies.text.clear();
        if (!dialogue.unfinished()) {
            break;
        }
        dialogue.take("", replies);
    }
    EXPECT_EQ(greetings, 5'000U);
}

TEST(HttpDialogue, KnowsWhoIsThrough)
{
    const Site site("");
    const auto then_after = [&](const std::string& bytes) {
        Dialogue dialogue(site, "");
        Replies replies;
        dialogue.take(bytes, replies);
        return dialogue.then();
    };
    const std::string close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
    EXPECT_EQ(then_after(close + "\r\n"), Then::close);
    EXPECT_EQ(then_after(close + "\r\nGET"), Then::part);
    EXPECT_EQ(then_after(close + "Content-Length: 5\r\n\r\n"), Then::part);
    EXPECT_EQ(then_after("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"), Then::part);
    EXPECT_EQ(then_after("nonsense\r\n"), Then::part);
    EXPECT_EQ(then_after("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"), Then::listen);
}

TEST(HttpDialogue, TellsOnlyThoseWhoHaveBegun)
{
    const Site site("");
    for (const std::string begun :
         {"", "G", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nx"}) {
        Dialogue dialogue(site, "");
        Replies replies;
        dialogue.take(begun, replies);
        replies.text.clear();
        dialogue.time_out(replies);
        EXPECT_EQ(dialogue.then(), begun.empty() ? Then::close : Then::part);
        EXPECT_EQ(contains(replies.text, "408 Request Timeout"), !begun.empty());
    }
}
