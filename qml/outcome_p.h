// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_OUTCOME_P_H
#define QTPREFORK_QML_OUTCOME_P_H

#include "callrequest_p.h"

#include <QtPrefork/callmaker.h>

#include <memory>

namespace Prefork::Qml {

class QmlClient;

/// Receives what comes of a call. Exactly one of finish() and fail() is called, from the event loop, unless the call
/// was canceled.
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
    /// Returns true if it wants to hear the progress and the events of the call.
    [[nodiscard]] virtual bool isListening() const { return false; }
};

/// Makes the call that @p request asks for, by means of @p maker. A call that cannot be made fails when the event loop
/// turns. So does every call that fails while @p client is being destroyed, because no code of the user may run then.
Prefork::Call makeCall(QmlClient *client, QJSEngine *engine, const CallMaker<> &maker, const CallRequest &request,
                       const std::shared_ptr<Outcome> &outcome);

/// Fails a call that was not made, when the event loop turns.
void failLater(QJSEngine *engine, const std::shared_ptr<Outcome> &outcome, const Error &error);

}

#endif
