// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_LOGLINES_H
#define AUTOTESTS_LOGLINES_H

#include <QtCore/QLoggingCategory>
#include <QtCore/QStringList>

#include <utility>

namespace Test {

/// What this process logs while it exists, of the lines that contain a text. There is one at a time.
class LogLines
{
    Q_DISABLE_COPY_MOVE(LogLines)

public:
    explicit LogLines(const QString &part)
    {
        s_part = part;
        s_lines.clear();
        s_before = qInstallMessageHandler(keep);
    }
    ~LogLines() { qInstallMessageHandler(s_before); }
    [[nodiscard]] const QStringList &lines() const { return s_lines; }
    [[nodiscard]] qsizetype count() const { return s_lines.size(); }

private:
    static void keep(QtMsgType type, const QMessageLogContext &context, const QString &line)
    {
        if (line.contains(s_part))
            s_lines.append(line);
        s_before(type, context, line);
    }

    static inline QString s_part;
    static inline QStringList s_lines;
    static inline QtMessageHandler s_before = nullptr;
};

}

#endif
