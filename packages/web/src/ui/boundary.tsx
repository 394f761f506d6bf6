/** A view that fails says so and leaves the others, and the state of the site in the header, as they are. */
import { Component, createElement, type ReactNode } from 'react';
import { NotLoaded, reloadIfAnswered } from './loadable.tsx';

interface BoundaryProps {
  readonly what: string;
  /** What it stands in for: a whole view, or a part of one. */
  readonly as?: 'main' | 'section';
  readonly children: ReactNode;
}

interface BoundaryState {
  readonly error: Error | null;
  readonly isTrying: boolean;
  /** The service did not answer when it was tried again. */
  readonly isUnanswered: boolean;
}

const WELL: BoundaryState = { error: null, isTrying: false, isUnanswered: false };

/** Styles that did not come are not asked for again with their view, which would be shown without them. */
const isOfStyles = ({ message }: Error): boolean => message.includes('CSS');

export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state = WELL;

  static getDerivedStateFromError(error: Error): BoundaryState {
    return { ...WELL, error };
  }

  private readonly tryAgain = async (): Promise<void> => {
    const { error } = this.state;
    if (!(error instanceof NotLoaded)) {
      this.setState(WELL);
      return;
    }
    this.setState({ isTrying: true, isUnanswered: false });
    try {
      if (isOfStyles(error)) throw error;
      await error.again();
      this.setState(WELL);
    } catch {
      const isAnswered = await reloadIfAnswered();
      if (!isAnswered) this.setState({ isTrying: false, isUnanswered: true });
    }
  };

  override render(): ReactNode {
    const { error, isTrying, isUnanswered } = this.state;
    const { what, as = 'main', children } = this.props;
    if (!error) return children;
    const why =
      error instanceof NotLoaded
        ? 'One of its files could not be loaded.'
        : 'The page made a mistake. The service is not affected.';
    return createElement(
      as,
      { className: as === 'main' ? 'empty' : 'panel empty', role: 'alert' },
      <>
        <h2>{what} cannot be shown</h2>
        <p>{why}</p>
        <pre>{error.message}</pre>
        {isUnanswered && (
          <p>The service does not answer; what is shown of the site stays. Try again later.</p>
        )}
        <p>
          <button type="button" className="button" disabled={isTrying} onClick={this.tryAgain}>
            Try again
          </button>
        </p>
      </>,
    );
  }
}
