// SPDX-License-Identifier: MIT
#include "forgottencheckouts_p.h"

#include "qmlcheckout_p.h"
#include "qmlclient_p.h"

#include <QtQml/QJSEngine>

#include <algorithm>

namespace Prefork::Qml {

ForgottenCheckouts::ForgottenCheckouts(QmlClient *client)
    : m_client(client)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(QmlCheckout::ForgottenAfter);
    connect(&m_timer, &QTimer::timeout, this, &ForgottenCheckouts::collect);
}

void ForgottenCheckouts::add(const QmlCheckout *checkout)
{
    m_checkouts.append(checkout);
    look();
}

void ForgottenCheckouts::look()
{
    if (m_client->waiting() > 0 && !m_checkouts.isEmpty() && !m_timer.isActive())
        m_timer.start();
}

// The engine deletes what it has collected when the event loop turns.
void ForgottenCheckouts::collect()
{
    const bool isOneIdle = std::any_of(m_checkouts.cbegin(), m_checkouts.cend(),
                                       [](const QmlCheckout *checkout) { return checkout->seemsForgotten(); });
    if (m_client->waiting() > 0 && isOneIdle)
        qjsEngine(m_client)->collectGarbage();
    look();
}

}
