#include "tests/harness/sock_diag.h"

#include "common/errors.h"
#include "common/unique_fd.h"

#include <algorithm>
#include <array>
#include <cstring>

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

Request request(int family, std::uint16_t flags)
{
    Request made{};
    made.header.nlmsg_len = sizeof(made);
    made.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    made.header.nlmsg_flags = flags;
    made.body.sdiag_family = static_cast<std::uint8_t>(family);
    made.body.sdiag_protocol = IPPROTO_TCP;
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

// The attribute INET_DIAG_INFO behind a message holds the connection's struct tcp_info.
std::uint64_t bytes_received(const nlmsghdr* header, const inet_diag_msg* message)
{
    const auto* attribute = reinterpret_cast<const rtattr*>(message + 1);
    auto size = static_cast<unsigned>(header->nlmsg_len - NLMSG_LENGTH(sizeof(*message)));
    for (; RTA_OK(attribute, size); attribute = RTA_NEXT(attribute, size)) {
        if (attribute->rta_type == INET_DIAG_INFO) {
            tcp_info info{};
            std::memcpy(&info, RTA_DATA(attribute), std::min(sizeof(info), RTA_PAYLOAD(attribute)));
            return info.tcpi_bytes_received;
        }
    }
    return 0;
}

SocketInfo info_from(const nlmsghdr* header)
{
    const auto* message = static_cast<const inet_diag_msg*>(NLMSG_DATA(header));
    const auto& id = message->id;
    return {address(message->idiag_family, id.idiag_src, id.idiag_sport),
            address(message->idiag_family, id.idiag_dst, id.idiag_dport),
            static_cast<TcpState>(message->idiag_state),
            message->idiag_rqueue,
            message->idiag_wqueue,
            message->idiag_inode,
            bytes_received(header, message)};
}

// Reads one datagram of an answer. False at its end.
bool read_answer(int socket, std::vector<SocketInfo>& found)
{
    alignas(nlmsghdr) std::array<char, 65'536> buffer;
    auto size = static_cast<unsigned>(
        lab::check(::recv(socket, buffer.data(), buffer.size(), 0), "sock_diag answer"));
    auto* header = reinterpret_cast<nlmsghdr*>(buffer.data());
    for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
        if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
            return false; // an error means: no such connection
        }
        found.push_back(info_from(header));
    }
    return true;
}

// Of both families, those in one of these states; port 0 for any.
std::vector<SocketInfo> dump(unsigned states, std::uint16_t local_port)
{
    const lab::UniqueFd socket = open_sock_diag();
    std::vector<SocketInfo> found;
    for (const int family : {AF_INET, AF_INET6}) {
        Request question = request(family, NLM_F_REQUEST | NLM_F_DUMP);
        question.body.idiag_states = states;
        question.body.id.idiag_sport = htons(local_port);
        lab::check(::send(socket.get(), &question, sizeof(question), 0), "sock_diag request");
        while (read_answer(socket.get(), found)) {
        }
    }
    return found;
}

} // namespace

std::vector<SocketInfo> tcp_sockets(std::uint16_t local_port)
{
    return dump(any_state, local_port);
}

std::vector<SocketInfo> listening_sockets()
{
    return dump(1U << static_cast<unsigned>(TcpState::listen), 0);
}

std::optional<SocketInfo> tcp_connection(const lab::Address& local, const lab::Address& remote)
{
    const lab::UniqueFd socket = open_sock_diag();
    Request question = request(local.family(), NLM_F_REQUEST);
    question.body.idiag_ext = 1U << (INET_DIAG_INFO - 1);
    question.body.id.idiag_sport = htons(local.port());
    question.body.id.idiag_dport = htons(remote.port());
    put_ip(local, question.body.id.idiag_src);
    put_ip(remote, question.body.id.idiag_dst);
    question.body.id.idiag_cookie[0] = question.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    lab::check(::send(socket.get(), &question, sizeof(question), 0), "sock_diag request");
    std::vector<SocketInfo> found;
    read_answer(socket.get(), found);
    // With no such connection the kernel answers with the listener.
    if (found.empty() || found[0].remote.port() != remote.port()) {
        return std::nullopt;
    }
    return found[0];
}

} // namespace harness
