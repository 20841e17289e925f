// The units through GNU parallel over ssh, for a handful of machines that share OUT and the
// repository by the same names.

#include "common/errors.h"
#include "grading/engines/chunks.h"
#include "grading/files.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include <unistd.h>

namespace grading {

namespace {

class ParallelEngine : public ChunkedEngine {
public:
    explicit ParallelEngine(const EngineRequest& request) : ChunkedEngine(request)
    {
        if (request.options.empty()) {
            throw std::invalid_argument("--engine parallel: which machines? --engine-options "
                                        "'2/user@host,2/other' (slots/login, with commas)");
        }
        harness::find_program("parallel");
    }

protected:
    // A host is "SLOTS/LOGIN" or "LOGIN".
    std::size_t slots() override
    {
        std::size_t count = 0;
        for (std::size_t at = 0; at < request().options.size();) {
            const int slots = std::atoi(request().options.c_str() + at);
            count += static_cast<std::size_t>(std::max(1, slots));
            at = std::min(request().options.find(',', at), request().options.size() - 1) + 1;
        }
        return count;
    }

    void start(const std::vector<Chunk>& chunks) override
    {
        input_ = memory_file();
        for (const Chunk& chunk : chunks) {
            const std::string line =
                std::to_string(chunk.first) + " " + std::to_string(chunk.last) + "\n";
            lab::check(::write(input_.get(), line.data(), line.size()), "write to memory");
        }
        ::lseek(input_.get(), 0, SEEK_SET);
        errors_ = memory_file();
        // --retries: a host that fails at once must not eat up all the work.
        harness::Command command{.arguments = {"parallel", "--will-cite", "--colsep", " ",
                                               "--retries", "3", "--sshlogin", request().options,
                                               shell_quoted(request().program.string()) + " work " +
                                                   shell_quoted(request().out.string()) +
                                                   " {1} {2} --jobs 1"},
                                 .directory = {}};
        command.input = input_.get();
        command.errors = errors_.get();
        process_.emplace(harness::spawn(command));
    }

    bool is_busy() override { return process_ && !process_->status(); }

    void stop() override
    {
        if (process_) {
            harness::kill_tree(process_->pid());
        }
    }

    // Of ssh or a host, in the words of parallel or theirs.
    [[nodiscard]] std::string trouble() const override
    {
        constexpr std::size_t most = 400;
        std::string said = errors_ ? contents_of(errors_.get(), most) : "";
        std::ranges::replace(said, '\n', ' ');
        return harness::printable(said);
    }

private:
    std::optional<harness::ChildProcess> process_;
    lab::UniqueFd input_;
    lab::UniqueFd errors_;
};

} // namespace

std::unique_ptr<Engine> make_parallel_engine(const EngineRequest& request)
{
    return std::make_unique<ParallelEngine>(request);
}

} // namespace grading
