// SPDX-License-Identifier: MIT
#include "helpers/readresult.h"
#include "interface.h"
#include "pieces.h"

#include "wire/nativeprotocol_p.h"
#include "worker/nativesession_p.h"

using namespace Prefork;
using namespace Prefork::Internal;
using Fuzz::require;

namespace {

constexpr qsizetype Limit = 256 * 1024;

// A hello, and perhaps a call that is larger than the reading buffer.
QByteArray beginning(bool isLarge)
{
    Wire::Native::ConnectionCodec codec(Limit, Fuzz::types());
    QByteArray out;
    static_cast<void>(codec.greet(&out));
    if (isLarge) {
        Wire::OutMessage call;
        const QVariantList list{QByteArray(70000, 'x')};
        require(!Wire::Native::NativeProtocol(Limit, Fuzz::types())
                     .encodeCall({.name = QStringLiteral("bytes")}, detail::ListedArguments(list), &call));
        codec.address(&call, 1, 0);
        Wire::forEachPiece(
            call.bytes, call.chunks, [&](QByteArrayView piece) { out.append(piece); },
            [&](const QByteArray &piece) { out.append(piece); });
    }
    return out;
}

// What a worker says must be what our client understands.
void requireUnderstood(const QByteArray &said)
{
    Wire::Native::ConnectionCodec codec(2 * Limit, Fuzz::types());
    require(Fuzz::feed(codec, said, [&codec] {
        Wire::Incoming message;
        Wire::Decoded decoded;
        while ((decoded = codec.next(&message)) == Wire::Decoded::Message) {
            std::optional<QString> misfit;
            require(message.kind != Wire::Incoming::Result || Test::readResult(codec, nullptr, &misfit));
        }
        return decoded == Wire::Decoded::Nothing;
    }));
    require(!codec.hasRest());
}

struct Served
{
    QByteArray said;
    QString error;
    bool operator==(const Served &other) const = default;
};

/// A connection that never has room at once for what is said while a method runs, so that what comes is read then: so
/// much of the input each time.
class Connection
{
public:
    Connection(QByteArrayView bytes, qsizetype each, QByteArray *said)
        : m_rest(bytes)
        , m_each(each)
        , m_said(said)
    {
    }
    [[nodiscard]] Channel channel()
    {
        Channel channel = [this](QByteArrayView bytes) { return m_said->append(bytes), true; };
        channel.readNow = [this](std::span<char> into) {
            const QByteArrayView piece = take(std::min(m_each, qsizetype(into.size())));
            std::copy_n(piece.data(), piece.size(), into.data());
            m_each -= piece.size(); // it does not all come at once
            return piece.size();
        };
        channel.writeNow = [this](QByteArrayView bytes) {
            m_hasRoom = !m_hasRoom;
            return m_hasRoom ? (m_said->append(bytes), bytes.size()) : 0;
        };
        channel.wait = [this, each = m_each](bool) { m_each = each; };
        return channel;
    }
    [[nodiscard]] QByteArrayView take(qsizetype count)
    {
        const QByteArrayView piece = m_rest.first(std::min(count, m_rest.size()));
        m_rest = m_rest.sliced(piece.size());
        return piece;
    }

private:
    QByteArrayView m_rest;
    qsizetype m_each;
    QByteArray *m_said;
    bool m_hasRoom = true;
};

// In pieces if there is an input that says of which sizes; else all at once.
Served serve(QByteArrayView bytes, const Fuzz::Input *input, qsizetype readAhead)
{
    Interface interface;
    Fuzz::fill(interface);
    ScoreboardPage page;
    Served served;
    Connection connection(bytes, readAhead, &served.said);
    NativeSession session(InterfacePrivate::of(interface), Limit, &page, connection.channel());
    const auto take = [&](QByteArrayView piece) {
        const QByteArrayView next = connection.take(piece.size());
        if (session.serve(next))
            return true;
        served.error = session.errorString();
        require(!served.error.isEmpty());
        return false;
    };
    if (input)
        input->inPieces(bytes, take);
    else
        take(bytes);
    require(page.begunCalls().size() <= ScoreboardPage::BegunSlots);
    require(!served.error.isEmpty() || page.begunCalls().empty());
    return served;
}

}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, std::size_t size)
{
    const Fuzz::Input input(data, size);
    static const QByteArray beginnings[] = {beginning(false), beginning(true)};
    const QByteArray bytes = input.nativeSession(beginnings[0], beginnings[1]);

    const Served inPieces = serve(bytes, &input, 0);
    const Served atOnce = serve(bytes, nullptr, 0);
    const Served ahead = serve(bytes, &input, 500);
    const bool mayBeCanceled = bytes.contains(Wire::Native::CancelFeature.toByteArray());
    require(mayBeCanceled || (inPieces == atOnce && inPieces == ahead)); // else it matters when a cancel is read
    for (const Served &served : {inPieces, atOnce, ahead})
        requireUnderstood(served.said);
    return 0;
}
