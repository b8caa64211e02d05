// SPDX-License-Identifier: MIT
#include "server/refusallog_p.h"

#include "server/logging_p.h"

#include <chrono>

namespace Prefork::Internal {

RefusalLog::RefusalLog()
{
    m_second.setSingleShot(true);
    m_second.setInterval(std::chrono::seconds(1));
    QObject::connect(&m_second, &QTimer::timeout, &m_second, [this] { onSecondOver(); });
}

void RefusalLog::warn(const QString &line)
{
    constexpr int Few = 3;
    if (!m_second.isActive())
        m_second.start();
    if (m_named == Few) {
        ++m_unnamed;
        return;
    }
    ++m_named;
    logServer(QtWarningMsg, line);
}

void RefusalLog::onSecondOver()
{
    m_named = 0;
    if (const quint64 unnamed = std::exchange(m_unnamed, 0); unnamed > 0)
        logServer(QtWarningMsg, QStringLiteral("refused %1 more connections within a second").arg(unnamed));
}

}
