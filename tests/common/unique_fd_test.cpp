#include "common/unique_fd.h"

#include <type_traits>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

using lab::UniqueFd;

namespace {

UniqueFd some_fd()
{
    return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool is_open(int fd)
{
    return ::fcntl(fd, F_GETFD) != -1;
}

} // namespace

TEST(UniqueFd, ClosesAtTheEndOfItsLife)
{
    int fd = -1;
    {
        const UniqueFd owner = some_fd();
        fd = owner.get();
        EXPECT_TRUE(is_open(fd));
    }
    EXPECT_FALSE(is_open(fd));
}

TEST(UniqueFd, ClosesExactlyOnce)
{
    UniqueFd first = some_fd();
    const int fd = first.get();
    first.reset();
    const UniqueFd second = some_fd(); // gets the number that has just become free
    ASSERT_EQ(second.get(), fd);
    first.reset();
    EXPECT_TRUE(is_open(fd));
}

TEST(UniqueFd, IsFalseWhenItHasNone)
{
    EXPECT_FALSE(UniqueFd());
    EXPECT_FALSE(UniqueFd(-1));
    EXPECT_TRUE(some_fd());
}

TEST(UniqueFd, ClosesTheOldWhenItTakesANewOne)
{
    UniqueFd owner = some_fd();
    const int before = owner.get();
    owner = some_fd();
    EXPECT_FALSE(is_open(before));
    EXPECT_TRUE(is_open(owner.get()));
}

TEST(UniqueFd, MovesItsDescriptor)
{
    UniqueFd from = some_fd();
    const int fd = from.get();
    const UniqueFd to(std::move(from));
    EXPECT_FALSE(from); // NOLINT(bugprone-use-after-move): what is left behind is the question
    EXPECT_EQ(to.get(), fd);
    EXPECT_TRUE(is_open(fd));
}

TEST(UniqueFd, SurvivesAMoveToItself)
{
    UniqueFd owner = some_fd();
    const int fd = owner.get();
    UniqueFd& same = owner;
    owner = std::move(same);
    EXPECT_EQ(owner.get(), fd);
    EXPECT_TRUE(is_open(fd));
}

TEST(UniqueFd, GivesItsDescriptorAway)
{
    UniqueFd owner = some_fd();
    const int fd = owner.release();
    EXPECT_FALSE(owner);
    EXPECT_TRUE(is_open(fd));
    ::close(fd);
}

TEST(UniqueFd, CannotBeCopied)
{
    EXPECT_FALSE(std::is_copy_constructible_v<UniqueFd>);
    EXPECT_FALSE(std::is_copy_assignable_v<UniqueFd>);
    EXPECT_FALSE((std::is_convertible_v<int, UniqueFd>));
}
