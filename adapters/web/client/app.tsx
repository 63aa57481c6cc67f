import { CommitPage } from "./history/commit-page.tsx";
import { HistoryPage } from "./history/history-page.tsx";
import { Home } from "./home/home.tsx";
import { NotificationsPage } from "./notifications/notifications-page.tsx";
import { OverviewPage } from "./overview/overview-page.tsx";
import { PeoplePage } from "./people/people-page.tsx";
import { RfcPeoplePage } from "./people/rfc-people-page.tsx";
import { RecordPage } from "./record/record-page.tsx";
import { RfcPage } from "./rfc-page.tsx";
import { useRoute, type Route } from "./router.ts";
import { SignedOutNotice } from "./session/signed-out-notice.tsx";
import { YouPage } from "./session/you-page.tsx";
import { SearchPage } from "./search/search-page.tsx";
import { Shortcuts } from "./shortcuts/shortcuts-dialog.tsx";
import { ErrorBoundary } from "./ui/error-boundary.tsx";
import { Link } from "./ui/link.tsx";
import { Notice } from "./ui/notice.tsx";
import { PageBar } from "./ui/page-bar.tsx";

export function App() {
  const route = useRoute();
  return (
    <ErrorBoundary>
      <Page route={route} />
      <Shortcuts />
      <SignedOutNotice />
    </ErrorBoundary>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case "home":
      return <Home />;
    case "search":
      return <SearchPage query={route.query} />;
    case "rfc":
      return <RfcPage key={route.slug} slug={route.slug} threadId={route.threadId} />;
    case "history":
      return <HistoryPage key={route.slug} slug={route.slug} query={route.query} />;
    case "commit":
      return <CommitPage key={`${route.slug} ${route.sha}`} slug={route.slug} sha={route.sha} />;
    case "record":
      return <RecordPage key={route.slug} slug={route.slug} />;
    case "rfc-people":
      return <RfcPeoplePage key={route.slug} slug={route.slug} />;
    case "notifications":
      return <NotificationsPage />;
    case "overview":
      return <OverviewPage />;
    case "people":
      return <PeoplePage />;
    case "you":
      return <YouPage />;
    case "unknown":
      return (
        <>
          <PageBar />
          <main class="page page-failed">
            <h1>Nothing here</h1>
            <Notice kind="problem">There is nothing at this address.</Notice>
            <Link to="/">All RFCs</Link>
          </main>
        </>
      );
  }
}
