// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_UNHANDLED_H
#define AUTOTESTS_UNHANDLED_H

#include <QtPrefork/Frame>

#include <QtCore/QStringList>

namespace Test {

/// Collects what no catcher takes, as long as it lives.
class UnhandledErrors
{
    Q_DISABLE_COPY_MOVE(UnhandledErrors)

public:
    UnhandledErrors()
        : m_before(Prefork::setUnhandledErrorHandler(
              [this](const Prefork::Error &error) { m_messages.append(error.message()); }))
    {
    }
    ~UnhandledErrors() { Prefork::setUnhandledErrorHandler(m_before); }
    [[nodiscard]] const QStringList &messages() const { return m_messages; }

private:
    QStringList m_messages;
    Prefork::UnhandledErrorHandler m_before;
};

}

#endif
