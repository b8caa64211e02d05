// SPDX-License-Identifier: MIT
#include "outcome_p.h"

#include "qmlclient_p.h"
#include "scripttools_p.h"

#include <QtPrefork/arguments.h>
#include <QtPrefork/method.h>

#include <QtQml/QJSEngine>

namespace Prefork::Qml {

Outcome::~Outcome() = default;

void failLater(QJSEngine *engine, const std::shared_ptr<Outcome> &outcome, const Error &error)
{
    ScriptTools::of(engine)->later([outcome, error] { outcome->fail(error); });
}

Prefork::Call makeCall(QmlClient *client, QJSEngine *engine, const CallMaker<> &maker, const CallRequest &request,
                       const std::shared_ptr<Outcome> &outcome)
{
    if (!request.problem.isEmpty()) {
        failLater(engine, outcome, Error(Error::BadArguments, request.problem).withMethod(request.method));
        return {};
    }
    const auto finish = [outcome](const QVariant &result) { outcome->finish(result); };
    const auto fail
        = [outcome, reporter = QPointer<QmlClient>(client), target = QPointer<QJSEngine>(engine)](const Error &error) {
              if (reporter && !reporter->isBeingDestroyed())
                  outcome->fail(error);
              else if (target)
                  failLater(target, outcome, error);
          };
    const MethodName method(request.method, locationOf(request.site.place));
    const Arguments arguments(request.arguments);
    try {
        if (!outcome->isListening())
            return maker.call(method, arguments, finish, fail);
        return maker.onProgress([outcome](const Progress &progress) { outcome->setProgress(progress); })
            .onEvent([outcome](const QString &name, const QVariantList &values) { outcome->takeEvent(name, values); })
            .call(method, arguments, finish, fail);
    } catch (...) { // the code of a registered type may throw
        failLater(engine, outcome, Error::fromCurrentException().withMethod(request.method));
        return {};
    }
}

}
