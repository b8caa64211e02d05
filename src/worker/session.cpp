// SPDX-License-Identifier: MIT
#include "worker/session_p.h"

#include "wire/nativepacket_p.h"
#include "worker/application_p.h"
#include "worker/jsonsession_p.h"
#include "worker/nativesession_p.h"

#include <QtCore/QMetaEnum>

#include <algorithm>
#include <cstring>
#include <utility>

namespace Prefork::Internal {

std::unique_ptr<Session> Session::make(char first, InterfacePrivate &interface, qsizetype maxMessageSize,
                                       ScoreboardPage *page, Channel channel, qint64 maxDecodedSize)
{
    if (first == Wire::Native::Preamble.front())
        return std::make_unique<NativeSession>(interface, maxMessageSize, page, std::move(channel), maxDecodedSize);
    return std::make_unique<JsonSession>(interface, maxMessageSize, page, std::move(channel), maxDecodedSize);
}

Session::Session(InterfacePrivate &interface, ScoreboardPage *page, Channel channel)
    : m_interface(interface)
    , m_page(page)
    , m_channel(std::move(channel))
    , m_setup(interface, page)
{
}

Session::~Session() = default;

bool Session::serve(QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        const std::span<char> into = space();
        const qsizetype count = std::min(bytes.size(), qsizetype(into.size()));
        std::memcpy(into.data(), bytes.data(), std::size_t(count));
        if (!received(count))
            return false;
        bytes = bytes.sliced(count);
    }
    return true;
}

bool Session::hasMemoryToSpare()
{
    constexpr qsizetype WorthIt = 1024 * 1024;
    if (m_largest == 0)
        return false; // only part of a message has come
    const qsizetype largest = std::exchange(m_largest, 0);
    m_spare = std::max(m_spare, largest);
    if (!m_trimmer.isTooMuch(largest, m_spare) || m_spare < WorthIt)
        return false;
    m_spare = 0;
    return true;
}

bool Session::runCheckoutDone()
{
    m_page->setMethod("(checkoutDone)");
    if (!m_interface.checkoutDone)
        return true;
    const RunningCall::Scope scope(this, RunningCall::CheckoutDone);
    try {
        m_interface.checkoutDone();
        return true;
    } catch (...) {
        return fail(QStringLiteral("checkoutDone failed: %1").arg(Error::fromCurrentException().message()));
    }
}

bool Session::deliverEvents()
{
    m_page->since.store(ScoreboardPage::now(), std::memory_order_relaxed);
    try {
        deliverPostedEvents();
        return true;
    } catch (...) {
        return fail(
            QStringLiteral("the handler of a posted event failed: %1").arg(Error::fromCurrentException().message()));
    }
}

// A worker sends only the codes that it can know; a fatal code would claim something about the client's side.
QString Session::codeName(Error::Code code)
{
    const bool known = code == Error::SetupError || code == Error::BadArguments || code == Error::NoSuchMethod;
    return QString::fromLatin1(QMetaEnum::fromType<Error::Code>().valueToKey(known ? code : Error::WorkerError));
}

bool Session::fail(const QString &error)
{
    m_error = error;
    return false;
}

}
