// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_FORGOTTENCHECKOUTS_P_H
#define QTPREFORK_QML_FORGOTTENCHECKOUTS_P_H

#include <QtCore/QObject>
#include <QtCore/QTimer>

namespace Prefork::Qml {

class QmlCheckout;
class QmlClient;

/// The checkouts that JavaScript has of a client. One that nobody knows any more keeps its worker until it is collected
/// as garbage, which may never happen. So while others wait for a worker, and one of them has been idle for a second,
/// this has the garbage collected, once a second at most.
class ForgottenCheckouts : public QObject
{
    Q_OBJECT

public:
    explicit ForgottenCheckouts(QmlClient *client);

    void add(const QmlCheckout *checkout);
    void remove(const QmlCheckout *checkout) { m_checkouts.removeOne(checkout); }
    /// The number of those that wait may have changed.
    void look();

private:
    void collect();

    QmlClient *const m_client;
    QList<const QmlCheckout *> m_checkouts;
    QTimer m_timer;
};

}

#endif
