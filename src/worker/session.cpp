// SPDX-License-Identifier: MIT
#include "worker/session_p.h"

#include "worker/interface_p.h"

#include <QtCore/QMetaEnum>

namespace Prefork::Worker {

namespace {

// Only what a worker can know crosses the wire; a fatal code would claim something about the client's side.
QString codeName(Error::Code code)
{
    const bool known = code == Error::SetupError || code == Error::BadArguments || code == Error::NoSuchMethod;
    return QString::fromLatin1(QMetaEnum::fromType<Error::Code>().valueToKey(known ? code : Error::WorkerError));
}

QByteArray titleOf(const QVariantList &items)
{
    if (!items.isEmpty() && items.first().typeId() == QMetaType::QString)
        return items.first().toString().toUtf8();
    return QByteArrayLiteral("(function call)");
}

}

Session::Session(InterfacePrivate &interface, std::unique_ptr<Wire::WorkerCodec> codec, ScoreboardPage *page, Write write)
    : m_interface(interface)
    , m_codec(std::move(codec))
    , m_page(page)
    , m_write(std::move(write))
{
}

bool Session::serve(QByteArrayView bytes)
{
    m_codec->feed(bytes);
    Wire::Request request;
    for (;;) {
        switch (m_codec->next(&request)) {
        case Wire::Decoded::Nothing:
            return true;
        case Wire::Decoded::Broken:
            m_error = m_codec->errorString();
            return false;
        case Wire::Decoded::Message:
            break;
        }
        m_page->enter(ScoreboardPage::Busy);
        const bool goesOn = request.kind == Wire::Request::Done ? serveDone() : serveCall(request);
        m_page->enter(ScoreboardPage::Idle);
        if (!goesOn)
            return false;
    }
}

bool Session::serveCall(const Wire::Request &request)
{
    m_page->setMethod(titleOf(request.items));
    m_page->lastStarted.fetch_add(1, std::memory_order_relaxed);
    QByteArray reply;
    answer(request.items, &reply);
    m_page->served.fetch_add(1, std::memory_order_relaxed);
    return send(reply);
}

bool Session::serveDone()
{
    m_page->setMethod("(checkoutDone)");
    if (!m_interface.checkoutDone)
        return true;
    try {
        m_interface.checkoutDone();
        return true;
    } catch (...) {
        m_error = QStringLiteral("checkoutDone failed: %1").arg(Error::fromCurrentException().message());
        return false;
    }
}

void Session::answer(const QVariantList &items, QByteArray *reply)
{
    try {
        ensureSetUp();
        const QVariant result = m_interface.invoke(items);
        if (const auto failure = m_codec->encodeResult(result, reply)) {
            throw Error(QStringLiteral("error %1 encoding interface output: it has %2").arg(m_codec->name(), *failure));
        }
    } catch (...) {
        const Error error = Error::fromCurrentException();
        m_codec->encodeFailure(error.message(), codeName(error.code()), error.data(), reply);
    }
}

void Session::ensureSetUp()
{
    if (m_isSetUp)
        return;
    try {
        if (m_interface.setup)
            m_interface.setup();
        for (const auto &makeObject : m_interface.makeObjects)
            makeObject();
    } catch (...) {
        const Error error = Error::fromCurrentException();
        throw Error(Error::SetupError, QStringLiteral("setup exception: %1").arg(error.message()), error.data());
    }
    m_isSetUp = true;
}

bool Session::send(const QByteArray &reply)
{
    m_page->midWrite.store(1, std::memory_order_relaxed);
    const bool delivered = m_write(reply);
    m_page->midWrite.store(0, std::memory_order_relaxed);
    return delivered;
}

}
