// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_REFUSALLOG_P_H
#define QTPREFORK_REFUSALLOG_P_H

#include <QtCore/QTimer>

namespace Prefork::Internal {

/// Logs refused connections without flooding the log: in each second a few lines as they are, and then how many more
/// there were. Server and ServerWorkers own one each.
class RefusalLog
{
    Q_DISABLE_COPY_MOVE(RefusalLog)

public:
    RefusalLog();
    void warn(const QString &line);

private:
    void onSecondOver();

    QTimer m_second;
    int m_logged = 0; // lines that were logged in this second
    quint64 m_counted = 0; // lines that were only counted in this second
};

}

#endif
