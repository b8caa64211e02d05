// SPDX-License-Identifier: MIT
#include "posix/message_p.h"

#include "posix/retry_p.h"

#include <array>
#include <cstring>

namespace Prefork::Posix {

namespace {

union DescriptorControl {
    cmsghdr header;
    std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

}

Transfer sendMessage(int socket, QByteArrayView message, int descriptor, bool wait)
{
    iovec part{const_cast<char *>(message.data()), std::size_t(message.size())};
    DescriptorControl control{};
    msghdr header = headerOf(&part);
    if (descriptor >= 0) {
        header.msg_control = control.bytes.data();
        header.msg_controllen = control.bytes.size();
        cmsghdr *const rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof descriptor);
        std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    }
    const int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
    const ssize_t count = retry([&] { return ::sendmsg(socket, &header, flags); });
    if (count < 0)
        return failure(errno);
    return {Transfer::Done, qsizetype(count), 0};
}

Transfer receiveMessage(int socket, std::span<char> into, Fd *descriptor)
{
    iovec part{into.data(), into.size()};
    DescriptorControl control{};
    msghdr header = headerOf(&part);
    header.msg_control = control.bytes.data();
    header.msg_controllen = control.bytes.size();
    const ssize_t count = retry([&] { return ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC); });
    if (count < 0)
        return failure(errno);
    Fd received;
    if (const cmsghdr *const rights = CMSG_FIRSTHDR(&header); rights && rights->cmsg_type == SCM_RIGHTS) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(rights), sizeof number);
        received.reset(number);
    }
    if (count == 0)
        return {Transfer::Closed, 0, 0};
    if (header.msg_flags & MSG_TRUNC)
        return {Transfer::Failed, 0, EMSGSIZE};
    if (descriptor)
        *descriptor = std::move(received);
    return {Transfer::Done, qsizetype(count), 0};
}

}
