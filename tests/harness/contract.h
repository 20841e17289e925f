// What every server of the labs must do, whatever its architecture. Each lab's tests call the ones
// that belong to it: the same promise is checked by the same words.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace harness {
class ServerProcess;
class TestClient;
} // namespace harness

namespace harness::contract {

using Flags = std::vector<std::string>;

// How a client talks to the servers of a lab, in tests whose point is another one. As it stands: to
// one that serves zen, by the flags of all servers that talk about the services.
struct Manners {
    // The smallest conversation: shows that the server serves.
    std::function<void(TestClient&)> converse;
    // What it says so that the server closes first, and the flags that the server needs for that.
    std::function<void(TestClient&)> be_dismissed;
    Flags flags_to_dismiss;
    // Wrong uses of the flags.
    std::vector<Flags> bad_flags;
};

Manners manners_of_services();
// From now on, of this lab; to be called before the tests run.
bool set_manners(Manners manners);

// That conversation.
void converse(TestClient& client);
// The server is alive and serves one who comes now: what every test of a mishap ends with.
void expect_served(ServerProcess& server, const std::string& name);
// In reverse order of connecting: else a sequential server would do, out of its backlog.
void expect_all_served_in_reverse(std::vector<TestClient>& clients);

// Start and address.
void says_where_it_listens();
void listens_on_the_address_given();
void tells_why_it_cannot_listen();
void restarts_on_the_same_port();
void rejects_a_bad_flag();
void hands_its_backlog_to_the_kernel();

// The services.
void answers_the_three_questions();
void answers_an_unknown_question();
void refuses_a_question_too_long();
void ignores_white_space_before_a_question();
void joins_a_question_that_comes_in_pieces();
void answers_questions_that_come_together();
void answers_a_half_closed_client();
void echoes_bytes_that_are_not_text();
void echoes_any_length();
void says_hello_to_a_web_client();
void delivers_its_last_reply_despite_unread_input();
void thinks_before_it_replies();

// Peers that misbehave, and room that runs out.
void serves_on_after_a_reset();
void serves_on_after_a_reset_in_the_queue();
void serves_on_when_a_reply_meets_a_reset();
void sends_all_though_stopped_and_continued();
void returns_every_descriptor();
void waits_for_room_when_out_of_descriptors();
void closes_a_silent_client();

// The end.
void stops_when_asked();

} // namespace harness::contract
