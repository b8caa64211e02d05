// SPDX-License-Identifier: MIT
#include "server/refusallog_p.h"

#include "frame/counted_p.h"
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
    if (m_logged == Few) {
        ++m_counted;
        return;
    }
    ++m_logged;
    logServer(QtWarningMsg, line);
}

void RefusalLog::onSecondOver()
{
    m_logged = 0;
    if (const quint64 refused = std::exchange(m_counted, 0); refused > 0)
        logServer(
            QtWarningMsg,
            QStringLiteral("refused %1 within a second").arg(counted(refused, QLatin1StringView("more connection"))));
}

}
