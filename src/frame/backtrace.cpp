// SPDX-License-Identifier: MIT
#include "framenode_p.h"

#include "frame/debugfields_p.h"
#include "frame/printable_p.h"

#include <QtCore/QDebug>
#include <QtCore/QLocale>

namespace Prefork::detail {

namespace {

QString leftOutLine(qint64 count)
{
    const QLocale grouping(QLocale::English, QLocale::UnitedStates);
    return QStringLiteral("... %1 %2 left out ...\n")
        .arg(grouping.toString(count), count == 1 ? QStringLiteral("frame") : QStringLiteral("frames"));
}

// Returns the path without "../" at its start. Build tools name a source file by its path from the build folder.
QByteArrayView withoutParentSteps(QByteArrayView path)
{
    constexpr QByteArrayView Up = "../";
    while (path.startsWith(Up))
        path = path.sliced(Up.size());
    return path;
}

QString inWords(const SourceLocation &where)
{
    return QString::fromUtf8(withoutParentSteps(where.file)) + u':' + QString::number(where.line);
}

}

QString FrameLabel::shownName() const
{
    const QString shown = name.isEmpty() ? QStringLiteral("ANONYMOUS FRAME") : QString::fromUtf8(name);
    return call.isEmpty() ? shown : shown + QStringLiteral(" -> ") + QString::fromUtf8(call);
}

QString FrameLabel::line() const
{
    return inWords(where) + QStringLiteral(" - ") + shownName() + u'\n';
}

QString FrameNode::backTrace(const QString &firstLine) const
{
    QString text = detail::printable(firstLine);
    text += QStringLiteral("\n----- called from -----\n");

    int lines = 0;
    for (const FrameNode *node = this; node; node = node->m_parent) {
        if (lines >= MaxLines) {
            text += leftOutLine(node->m_depth);
            break;
        }
        text += node->m_label.line();
        ++lines;
        if (node->m_history) {
            for (const FrameLabel &label : node->m_history->labels)
                text += label.line();
            lines += int(node->m_history->labels.size()) + 1;
            if (node->m_history->leftOut > 0)
                text += leftOutLine(node->m_history->leftOut);
        }
    }
    return text;
}

}

namespace Prefork {

QDebug operator<<(QDebug debug, const SourceLocation &location)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "Prefork::SourceLocation("
                              << (location.isKnown() ? detail::inWords(location) : QStringLiteral("unknown")) << ')';
    return debug;
}

QDebug operator<<(QDebug debug, const LocalBinding &binding)
{
    const QDebugStateSaver saver(debug);
    debug.nospace() << "Prefork::LocalBinding(" << binding.key() << ')';
    return debug;
}

QDebug operator<<(QDebug debug, const FrameOptions &options)
{
    Internal::DebugFields(debug, "Prefork::FrameOptions", options)
        .field("name", &FrameOptions::name)
        .field("call", &FrameOptions::call)
        .field("locals", &FrameOptions::locals);
    return debug;
}

QDebug operator<<(QDebug debug, const Frame &frame)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "Prefork::Frame(" << frame.backTrace(QString()).section(u'\n', 2, 2) << ')';
    return debug;
}

}
