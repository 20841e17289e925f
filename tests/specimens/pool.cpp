#include "tests/specimens/pool.h"

#include "grading/files.h"

#include <algorithm>
#include <vector>

namespace specimens {

namespace {

constexpr std::size_t most_output = 65'536; // bytes kept of what a process prints

} // namespace

Pool::Pool(std::size_t at_a_time, grading::Interrupt& interrupt, harness::Seconds limit)
    : at_a_time_(at_a_time), interrupt_(interrupt),
      limit_(std::chrono::duration_cast<Clock::duration>(limit))
{
}

Pool::~Pool()
{
    for (Running& one : running_) {
        harness::kill_tree(one.process.pid());
    }
}

void Pool::start(harness::Command command, Ended ended)
{
    while (running_.size() >= at_a_time_) {
        wait();
    }
    harness::UniqueFd output = grading::memory_file();
    command.output = output.get();
    command.errors = output.get();
    running_.push_back(
        {harness::spawn(command), std::move(output), Clock::now() + limit_, std::move(ended)});
}

void Pool::wait_for_all()
{
    while (!running_.empty()) {
        wait();
    }
}

void Pool::wait()
{
    std::vector<int> pidfds;
    harness::Seconds most = limit_;
    for (const Running& one : running_) {
        pidfds.push_back(one.process.pidfd());
        most = std::min<harness::Seconds>(most, one.deadline - Clock::now());
    }
    interrupt_.wait_for_any(pidfds, most);
    for (auto one = running_.begin(); one != running_.end();) {
        const auto status = one->process.status();
        if (!status && Clock::now() < one->deadline) {
            ++one;
            continue;
        }
        if (!status) {
            harness::kill_tree(one->process.pid());
        }
        one->ended(status, grading::contents_of(one->output.get(), most_output));
        one = running_.erase(one);
    }
}

std::size_t cores()
{
    return harness::at_a_time(0);
}

} // namespace specimens
