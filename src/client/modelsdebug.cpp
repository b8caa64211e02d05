// SPDX-License-Identifier: MIT
// These functions are what qDebug() shows of models.
#include <QtPrefork/calllog.h>
#include <QtPrefork/latencymodel.h>
#include <QtPrefork/workermodel.h>

#include "frame/printable_p.h"

#include <QtCore/QDebug>

namespace Prefork {

namespace {

QDebug show(QDebug debug, const char *name, const QAbstractItemModel *model)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << name;
    if (!model)
        return debug << "(null)";
    const int rows = model->rowCount();
    debug << '(' << rows << (rows == 1 ? " row)" : " rows)");
    for (int row = 0; row < rows; ++row) {
        QStringList texts;
        for (int column = 0; column < model->columnCount(); ++column)
            texts.append(detail::printable(model->index(row, column).data().toString()));
        debug << "\n  " << texts.join(QStringLiteral(" | "));
    }
    return debug;
}

}

QDebug operator<<(QDebug debug, const WorkerModel *model)
{
    return show(debug, "Prefork::WorkerModel", model);
}

QDebug operator<<(QDebug debug, const CallLog *log)
{
    return show(debug, "Prefork::CallLog", log);
}

QDebug operator<<(QDebug debug, const LatencyModel *model)
{
    return show(debug, "Prefork::LatencyModel", model);
}

}
