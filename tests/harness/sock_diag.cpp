#include "tests/harness/sock_diag.h"

#include "common/errors.h"
#include "common/unique_fd.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace harness {

namespace {

constexpr unsigned any_state = ~0U;

struct Request {
    nlmsghdr header;
    inet_diag_req_v2 body;
};

Request request(int family, int protocol, std::uint16_t flags)
{
    Request made{};
    made.header.nlmsg_len = sizeof(made);
    made.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    made.header.nlmsg_flags = flags;
    made.body.sdiag_family = static_cast<std::uint8_t>(family);
    made.body.sdiag_protocol = static_cast<std::uint8_t>(protocol);
    made.body.idiag_states = any_state;
    return made;
}

lab::UniqueFd open_sock_diag()
{
    return lab::UniqueFd(lab::check(
        ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), "NETLINK_SOCK_DIAG"));
}

lab::Address address(std::uint8_t family, const void* ip, std::uint16_t port_in_network_order)
{
    lab::Address made;
    if (family == AF_INET) {
        auto* v4 = reinterpret_cast<sockaddr_in*>(&made.storage);
        v4->sin_family = AF_INET;
        v4->sin_port = port_in_network_order;
        std::memcpy(&v4->sin_addr, ip, sizeof(v4->sin_addr));
        made.length = sizeof(*v4);
    } else {
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&made.storage);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = port_in_network_order;
        std::memcpy(&v6->sin6_addr, ip, sizeof(v6->sin6_addr));
        made.length = sizeof(*v6);
    }
    return made;
}

void put_ip(const lab::Address& address, __be32* words)
{
    if (address.family() == AF_INET) {
        std::memcpy(words, &reinterpret_cast<const sockaddr_in*>(address.get())->sin_addr, 4);
    } else {
        std::memcpy(words, &reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_addr, 16);
    }
}

// A struct of the kernel's that stands as an attribute behind a message; zeros when it does not.
template <typename Struct> Struct attribute(const nlmsghdr* header, std::uint16_t type)
{
    const auto* message = static_cast<const inet_diag_msg*>(NLMSG_DATA(header));
    const auto* found = reinterpret_cast<const rtattr*>(message + 1);
    auto size = static_cast<unsigned>(header->nlmsg_len - NLMSG_LENGTH(sizeof(*message)));
    Struct value{};
    for (; RTA_OK(found, size); found = RTA_NEXT(found, size)) {
        if (found->rta_type == type) {
            std::memcpy(&value, RTA_DATA(found), std::min(sizeof(value), RTA_PAYLOAD(found)));
        }
    }
    return value;
}

SocketInfo info_from(const nlmsghdr* header)
{
    const auto* message = static_cast<const inet_diag_msg*>(NLMSG_DATA(header));
    const auto& id = message->id;
    const auto tcp = attribute<tcp_info>(header, INET_DIAG_INFO);
    return {address(message->idiag_family, id.idiag_src, id.idiag_sport),
            address(message->idiag_family, id.idiag_dst, id.idiag_dport),
            static_cast<TcpState>(message->idiag_state),
            message->idiag_rqueue,
            message->idiag_wqueue,
            message->idiag_inode,
            tcp.tcpi_bytes_received,
            tcp.tcpi_backoff};
}

UdpSocket udp_socket_from(const nlmsghdr* header)
{
    const SocketInfo info = info_from(header);
    const auto memory =
        attribute<std::array<std::uint32_t, SK_MEMINFO_VARS>>(header, INET_DIAG_SKMEMINFO);
    return {info.local, info.receive_queue, info.inode, memory.at(SK_MEMINFO_DROPS),
            memory.at(SK_MEMINFO_RCVBUF)};
}

enum class Answer { more, end, error };

// Reads one datagram of an answer, and calls `take` with each socket in it.
template <typename Take> Answer read_answer(int socket, Take take)
{
    alignas(nlmsghdr) std::array<char, 65'536> buffer;
    auto size = static_cast<unsigned>(
        lab::check(::recv(socket, buffer.data(), buffer.size(), 0), "sock_diag answer"));
    auto* header = reinterpret_cast<nlmsghdr*>(buffer.data());
    for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
        if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
            return header->nlmsg_type == NLMSG_DONE ? Answer::end : Answer::error;
        }
        take(header);
    }
    return Answer::more;
}

// Calls `take` with each socket of both families that is as the question says. False: the kernel
// knows no answer.
template <typename Take> bool dump(Request question, Take take)
{
    const lab::UniqueFd socket = open_sock_diag();
    Answer answer = Answer::more;
    for (const int family : {AF_INET, AF_INET6}) {
        question.body.sdiag_family = static_cast<std::uint8_t>(family);
        lab::check(::send(socket.get(), &question, sizeof(question), 0), "sock_diag request");
        do {
            answer = read_answer(socket.get(), take);
        } while (answer == Answer::more);
        if (answer == Answer::error) {
            return false;
        }
    }
    return true;
}

// Those in one of these states; port 0 for any.
std::vector<SocketInfo> tcp_sockets_in(unsigned states, std::uint16_t local_port)
{
    Request question = request(AF_INET, IPPROTO_TCP, NLM_F_REQUEST | NLM_F_DUMP);
    question.body.idiag_states = states;
    question.body.id.idiag_sport = htons(local_port);
    std::vector<SocketInfo> found;
    dump(question, [&](const nlmsghdr* header) { found.push_back(info_from(header)); });
    return found;
}

} // namespace

std::vector<SocketInfo> tcp_sockets(std::uint16_t local_port)
{
    return tcp_sockets_in(any_state, local_port);
}

std::vector<SocketInfo> listening_sockets()
{
    return tcp_sockets_in(1U << static_cast<unsigned>(TcpState::listen), 0);
}

std::optional<SocketInfo> tcp_connection(const lab::Address& local, const lab::Address& remote)
{
    const lab::UniqueFd socket = open_sock_diag();
    Request question = request(local.family(), IPPROTO_TCP, NLM_F_REQUEST);
    question.body.idiag_ext = 1U << (INET_DIAG_INFO - 1);
    question.body.id.idiag_sport = htons(local.port());
    question.body.id.idiag_dport = htons(remote.port());
    put_ip(local, question.body.id.idiag_src);
    put_ip(remote, question.body.id.idiag_dst);
    question.body.id.idiag_cookie[0] = question.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    lab::check(::send(socket.get(), &question, sizeof(question), 0), "sock_diag request");
    std::vector<SocketInfo> found;
    read_answer(socket.get(), [&](const nlmsghdr* header) { found.push_back(info_from(header)); });
    // With no such connection the kernel answers with the listener.
    if (found.empty() || found[0].remote.port() != remote.port()) {
        return std::nullopt;
    }
    return found[0];
}

std::optional<std::vector<UdpSocket>> udp_sockets_by_diag(std::uint16_t local_port)
{
    Request question = request(AF_INET, IPPROTO_UDP, NLM_F_REQUEST | NLM_F_DUMP);
    question.body.idiag_ext = 1U << (INET_DIAG_SKMEMINFO - 1);
    question.body.id.idiag_sport = htons(local_port);
    std::vector<UdpSocket> found;
    const bool answered =
        dump(question, [&](const nlmsghdr* header) { found.push_back(udp_socket_from(header)); });
    return answered ? std::optional(found) : std::nullopt;
}

// A line of names, then one of their values: "TcpExt: SyncookiesSent …", "TcpExt: 0 …".
std::uint64_t missed_time_waits()
{
    std::ifstream file("/proc/net/netstat");
    std::string names;
    std::string values;
    while (std::getline(file, names) && std::getline(file, values)) {
        std::istringstream name_words(names);
        std::istringstream value_words(values);
        std::string name;
        std::string value;
        while (name_words >> name && value_words >> value) {
            if (name == "TCPTimeWaitOverflow") {
                return std::stoull(value);
            }
        }
    }
    return 0;
}

} // namespace harness
