// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_REFUSALLOG_P_H
#define QTPREFORK_REFUSALLOG_P_H

#include <QtCore/QTimer>

namespace Prefork::Internal {

/// Warns of those who are turned away: of a few in every second by name, of the rest by their number.
class RefusalLog
{
    Q_DISABLE_COPY_MOVE(RefusalLog)

public:
    RefusalLog();
    void warn(const QString &line);

private:
    void onSecondOver();

    QTimer m_second;
    int m_named = 0;
    quint64 m_unnamed = 0;
};

}

#endif
