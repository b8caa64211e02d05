// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_OUTCOME_P_H
#define QTPREFORK_QML_OUTCOME_P_H

#include "callrequest_p.h"

#include <QtPrefork/callmaker.h>

#include <memory>

namespace Prefork::Qml {

class QmlClient;

/// Who wants to hear of a call: exactly one of finish() and fail(), from the event loop, unless it was canceled.
class Outcome
{
public:
    Outcome() = default;
    virtual ~Outcome();
    Q_DISABLE_COPY_MOVE(Outcome)

    virtual void finish(const QVariant &result) = 0;
    virtual void fail(const Error &error) = 0;
    virtual void setProgress(const Progress & /*progress*/) { }
    virtual void takeEvent(const QString & /*name*/, const QVariantList & /*arguments*/) { }
    /// Whether it listens to what a call says before its result.
    [[nodiscard]] virtual bool isListening() const { return false; }
};

/// Makes the call that @p request asks for, by means of @p maker. One that cannot be made fails when the event loop
/// turns. So does everything that fails while @p client is being destroyed, for then no code of the user's may run.
Prefork::Call makeCall(QmlClient *client, QJSEngine *engine, const CallMaker<> &maker, const CallRequest &request,
                       const std::shared_ptr<Outcome> &outcome);

/// Fails a call that was not made, when the event loop turns.
void failLater(QJSEngine *engine, const std::shared_ptr<Outcome> &outcome, const Error &error);

}

#endif
