// SPDX-License-Identifier: MIT
// Shows thumbnails of a folder in a list, with progress and a button that cancels. A file that cannot be read, or that
// crashes the decoder, shows a text instead.
#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QBuffer>
#include <QtCore/QDir>
#include <QtGui/QImageReader>
#include <QtGui/QPixmap>
#include <QtWidgets/QApplication>
#include <QtWidgets/QListWidget>
#include <QtWidgets/QProgressBar>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QVBoxLayout>

#include <cstdio>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

inline constexpr Method<QByteArray(QString, int)> thumbnail{"thumbnail"};

// Runs in a worker: a QImage needs no application there.
QByteArray makeThumbnail(const QString &path, int edge)
{
    QImageReader reader(path);
    QImage image = reader.read();
    if (image.isNull())
        throw Error(reader.errorString());
    QByteArray png;
    QBuffer buffer(&png);
    image.scaled(edge, edge, Qt::KeepAspectRatio, Qt::SmoothTransformation).save(&buffer, "PNG");
    return png;
}

// [thumbnails]
class Window : public QWidget
{
public:
    Window(Client *client, const QStringList &paths)
        : m_list(new QListWidget)
        , m_bar(new QProgressBar)
    {
        auto *const layout = new QVBoxLayout(this);
        auto *const stop = new QPushButton(QStringLiteral("Cancel"));
        layout->addWidget(m_list);
        layout->addWidget(m_bar);
        layout->addWidget(stop);
        m_list->setIconSize({96, 96});
        m_bar->setMaximum(int(paths.size()));
        connect(stop, &QPushButton::clicked, this, &Window::cancel);
        for (const QString &path : paths) {
            auto *const item = new QListWidgetItem(QFileInfo(path).fileName(), m_list);
            m_calls.append(client->with({.runTimeout = 5s})
                               .call(
                                   thumbnail, path, 96, this,
                                   [this, item](const QByteArray &png) {
                                       QPixmap pixmap;
                                       pixmap.loadFromData(png);
                                       item->setIcon(pixmap);
                                       ++m_shown;
                                       advance();
                                   },
                                   [this, item](const Error &error) {
                                       item->setText(item->text() + QStringLiteral(": ") + error.message());
                                       ++m_failed;
                                       advance();
                                   }));
        }
    }
    [[nodiscard]] int shown() const { return m_shown; }
    [[nodiscard]] int failed() const { return m_failed; }

private:
    void advance()
    {
        m_bar->setValue(m_shown + m_failed + m_canceled);
        if (m_bar->value() == m_bar->maximum() && qApp->arguments().contains(QStringLiteral("--quit-when-done")))
            QApplication::quit();
    }
    void cancel()
    {
        for (const Call &call : std::as_const(m_calls)) {
            if (call.cancel()) // false if the call has settled; otherwise neither of its callbacks is called any more
                ++m_canceled;
        }
        advance();
    }

    QListWidget *m_list;
    QProgressBar *m_bar;
    QList<Call> m_calls;
    int m_shown = 0;
    int m_failed = 0;
    int m_canceled = 0;
};
// [thumbnails]

}

int main(int argc, char *argv[])
{
    Interface work;
    work.add(thumbnail, makeThumbnail);
    Zygote zygote(work);
    QApplication app(argc, argv);
    Client client(&zygote);

    const QDir folder(app.arguments().value(1, QStringLiteral(".")));
    QStringList paths;
    for (const QString &name : folder.entryList(QDir::Files))
        paths.append(folder.filePath(name));
    Window window(&client, paths);
    window.show();
    const int code = QApplication::exec();
    std::printf("thumbnails: %d, files that are no images: %d\n", window.shown(), window.failed());
    return code;
}
